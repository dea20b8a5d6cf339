// The bytes come with the message; the file is made in the page.

function render({ model }) {
  const save = ({ name, kind }, [content]) => {
    const address = URL.createObjectURL(new Blob([content], { type: kind }));
    const link = document.createElement("a");
    Object.assign(link, { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  };
  model.on("msg:custom", save);
  return () => model.off("msg:custom", save);
}

export default { render };
